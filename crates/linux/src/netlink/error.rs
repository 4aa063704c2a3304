//! Why the kernel refused.
use super::tlv::{Attrs, Received, number};
use super::uapi;
use nix::errno::Errno;
use std::{fmt, io};

/// The answer to a request that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    errno: i32,
    text: Option<String>,
}

impl Error {
    /// The system's error number (`EEXIST` …).
    pub const fn errno(&self) -> i32 {
        self.errno
    }

    /// What the kernel said beyond the number (extended acknowledgement), like
    /// "Device not found".
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Whether it is this error number.
    pub(crate) fn is(&self, errno: Errno) -> bool {
        self.errno == errno as i32
    }

    /// Out of `NLMSG_ERROR` or `NLMSG_DONE`: a number, zero for success, then for an error the
    /// request's header (and the rest of it unless capped), then attributes.
    pub(crate) fn from_answer(answer: &Received<'_>) -> Result<(), Error> {
        let code = number(answer.payload, 0).map_or(0, i32::from_ne_bytes);
        if code == 0 {
            return Ok(());
        }
        let text = answer.flags & uapi::NLM_F_ACK_TLVS != 0;
        let text = text.then(|| explanation(answer)).flatten();
        Err(Error {
            errno: code.saturating_neg(),
            text,
        })
    }
}

fn explanation(answer: &Received<'_>) -> Option<String> {
    let start = if answer.kind == uapi::NLMSG_DONE {
        4
    } else if answer.flags & uapi::NLM_F_CAPPED != 0 {
        20
    } else {
        let request = usize::try_from(u32::from_ne_bytes(number(answer.payload, 4)?)).ok()?;
        request.checked_add(4)?.checked_next_multiple_of(4)?
    };
    let attrs = Attrs::after(answer.payload, start);
    Some(attrs.find_kind(uapi::NLMSGERR_ATTR_MSG)?.text())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Errno::from_raw(self.errno).desc())?;
        match &self.text {
            Some(text) => write!(f, " ({text})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Error {
            errno: errno as i32,
            text: None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(why: io::Error) -> Self {
        match why.raw_os_error() {
            Some(errno) => Error { errno, text: None },
            None => Error {
                errno: libc::EIO,
                text: Some(why.to_string()),
            },
        }
    }
}

impl From<Error> for io::Error {
    fn from(why: Error) -> Self {
        let number = io::Error::from_raw_os_error(why.errno);
        if why.text.is_none() {
            number
        } else {
            io::Error::new(number.kind(), why)
        }
    }
}
