//! Sync groups: instances that are in the same state, or none of them is.
use serde::{Deserialize, Serialize};

/// Names a sync group for the life of the daemon; the plan keeps it stable over reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub u32);
