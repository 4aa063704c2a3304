//! Floor 5: small networks of real kernels' namespaces, and daemons of any make running in them.
//!
//! A [`Lan`] is a bridge with [`Node`]s on it, each with its own network, processes, `/run` and
//! `/tmp`. A [`Daemon`] is any `keepalived` binary running in a node. Everything that happens
//! (frames on the wire, address changes, log lines) goes with its time into one [`Timeline`],
//! on which tests wait for conditions and from which the demo tells its story.
//!
//! Nothing is left behind, whatever happens to the process that made a lab: a namespace has no
//! name and lives only as long as its processes, and those end with a pipe that only we hold.
//! Start with [`scenario::Pair`]: the two load balancers that everything else is a variation of.

pub mod cases;
pub mod client;
pub mod daemon;

pub mod forge;
pub mod ipvs;
pub mod lan;
mod link;
mod monitor;
pub mod nginx;
pub mod original;
mod record;
pub mod scenario;
mod shim;
pub mod space;
pub mod stats;
pub mod tap;

pub mod terminal;
pub mod timeline;
pub mod uml;
pub mod website;

pub use daemon::{Daemon, Launch};
pub use lan::{Lan, Node};
pub use record::{Content, Frame};
pub use space::Space;
pub use timeline::{Event, Timeline, What};
