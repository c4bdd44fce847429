//! What a connection that breaks says of the host at its other end.

use std::{error::Error, io};

/// What the network said, where that is why a call failed; none when the two sides did not understand each other.
pub(crate) fn network_error(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        // It does not name what is behind it as its source.
        if let Some(error) = error.downcast_ref::<h2::Error>().and_then(h2::Error::get_io) {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

/// Whether nobody answers at the other end, not even that there is no such connection.
pub(crate) fn is_silence(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_told_apart_from_whoever_speaks_over_it() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(network_error(&reset), Some(io::ErrorKind::ConnectionReset));
        assert_eq!(network_error(&h2::Error::from(h2::Reason::REFUSED_STREAM)), None);
        assert!(!is_silence(io::ErrorKind::ConnectionReset), "somebody is there who says so");
        assert!(is_silence(io::ErrorKind::TimedOut));
    }
}
