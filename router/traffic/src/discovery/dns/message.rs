//! Questions and answers of DNS on the wire (RFC 1035 §4, RFC 2782, RFC 3596): as much as looking instances up needs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 address (RFC 1035 §3.4.1).
pub(super) const A: u16 = 1;
/// IPv6 address (RFC 3596 §2.1).
pub(super) const AAAA: u16 = 28;
/// Service (RFC 2782).
pub(super) const SRV: u16 = 33;

/// The Internet.
const IN: u16 = 1;
const HEADER_BYTES: usize = 12;
/// A name has at most 255 bytes, each label at least two (RFC 1035 §2.3.4).
const MAX_LABELS: usize = 128;

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    Address(IpAddr),
    Service(Service),
    /// Something that was not asked for, such as the way to the name's true name.
    Other,
}

/// A target of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) port: u16,
    /// The host, without the final dot.
    pub(super) target: String,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// 0 when all is well (RFC 1035 §4.1.1, RCODE).
    pub(super) code: u8,
    /// It did not fit into the datagram.
    pub(super) truncated: bool,
    /// Records with their time to live in seconds.
    pub(super) records: Vec<(Record, u32)>,
}

/// A question for the records of one kind that a name has; none when it is no name.
pub(super) fn question(id: u16, name: &str, kind: u16) -> Option<Vec<u8>> {
    let mut message = Vec::with_capacity(64);
    message.extend_from_slice(&id.to_be_bytes());
    // A standard query; the server is to ask others where it does not know.
    message.extend_from_slice(&[0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        message.push(length);
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    if message.len() > HEADER_BYTES + 255 {
        return None;
    }
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&IN.to_be_bytes());
    Some(message)
}

/// The answer to this question; none when it is not, or is broken.
pub(super) fn answer(question: &[u8], message: &[u8]) -> Option<Answer> {
    let mut reader = Reader { message, at: 0 };
    let (id, flags) = (reader.number()?, reader.number()?);
    let counts = [reader.number()?, reader.number()?];
    reader.skip(4)?;
    let is_answer = flags & 0x8000 != 0;
    if !is_answer || question.get(..2)? != id.to_be_bytes() || counts[0] != 1 {
        return None;
    }
    // Whoever answers repeats the question; letters may change their case (RFC 4343 §3).
    let asked = question.get(HEADER_BYTES..)?;
    if !message.get(HEADER_BYTES..HEADER_BYTES + asked.len())?.eq_ignore_ascii_case(asked) {
        return None;
    }
    reader.at = HEADER_BYTES + asked.len();
    let mut records = Vec::new();
    for _ in 0..counts[1] {
        match reader.record() {
            Some(record) => records.push(record),
            // What was cut off is asked for again by other means.
            None if flags & 0x0200 != 0 => break,
            None => return None,
        }
    }
    Some(Answer { code: (flags & 0x000f) as u8, truncated: flags & 0x0200 != 0, records })
}

struct Reader<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, count: usize) -> Option<&'a [u8]> {
        let bytes = self.message.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.skip(2)?.try_into().ok()?))
    }

    fn record(&mut self) -> Option<(Record, u32)> {
        self.name()?;
        let (kind, class) = (self.number()?, self.number()?);
        let lifetime = u32::from_be_bytes(self.skip(4)?.try_into().ok()?);
        let length = usize::from(self.number()?);
        let end = self.at.checked_add(length).filter(|end| *end <= self.message.len())?;
        let record = match (class, kind) {
            (IN, A) => Record::Address(Ipv4Addr::from(<[u8; 4]>::try_from(self.skip(length)?).ok()?).into()),
            (IN, AAAA) => Record::Address(Ipv6Addr::from(<[u8; 16]>::try_from(self.skip(length)?).ok()?).into()),
            (IN, SRV) => Record::Service(Service {
                priority: self.number()?,
                weight: self.number()?,
                port: self.number()?,
                target: self.name()?,
            }),
            _ => Record::Other,
        };
        if self.at > end {
            return None;
        }
        self.at = end;
        Some((record, lifetime))
    }

    /// A name, which may end with a reference to an earlier place (RFC 1035 §4.1.4).
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut at = self.at;
        let mut after = None;
        for _ in 0..MAX_LABELS {
            let length = usize::from(*self.message.get(at)?);
            if length == 0 {
                self.at = after.unwrap_or(at + 1);
                return Some(name);
            }
            if length & 0xc0 == 0xc0 {
                let low = usize::from(*self.message.get(at + 1)?);
                after = after.or(Some(at + 2));
                at = (length & 0x3f) << 8 | low;
                continue;
            }
            let label = self.message.get(at + 1..at + 1 + length).filter(|_| length < 64)?;
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(std::str::from_utf8(label).ok()?);
            at += 1 + length;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// An answer with one SRV record that refers back to the question's name, and one address.
    fn sample(question: &[u8]) -> Vec<u8> {
        let mut message = question.to_vec();
        message[2..4].copy_from_slice(&[0x81, 0x80]);
        message[7] = 2;
        // `_graphql` begins at 12, `_tcp` at 21, `example` at 26.
        message
            .extend_from_slice(&[0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 1, 0, 5, 0x10, 0x68, 1, b'a', 0xc0, 26]);
        message.extend_from_slice(&[0xc0, 26, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 7]);
        message
    }

    #[test]
    fn an_answer_is_read_with_the_names_that_it_refers_to() {
        let question = question(7, "_graphql._tcp.example", SRV).unwrap();
        let answer = answer(&question, &sample(&question)).unwrap();
        let service = Service { priority: 1, weight: 5, port: 4200, target: "a.example".to_owned() };
        let address = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(answer.records, [(Record::Service(service), 60), (Record::Address(address), 5)]);
        assert!(answer.code == 0 && !answer.truncated);
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_not_believed() {
        let asked = question(7, "_graphql._tcp.example", SRV).unwrap();
        let other = question(8, "_graphql._tcp.example", SRV).unwrap();
        assert_eq!(answer(&other, &sample(&asked)), None, "another id");
        let other = question(7, "_graphql._tcp.elsewhere", SRV).unwrap();
        assert_eq!(answer(&other, &sample(&asked)), None, "another name");
        assert_eq!(answer(&asked, &asked), None, "a question");
    }

    #[test]
    fn broken_answers_are_refused_wherever_they_break() {
        let question = question(7, "_graphql._tcp.example", SRV).unwrap();
        let whole = sample(&question);
        assert!((0..whole.len()).all(|end| answer(&question, &whole[..end]).is_none()));
        let mut circular = whole.clone();
        let target = whole.len() - 16 - 2;
        circular[target + 1] = u8::try_from(target).unwrap();
        assert_eq!(answer(&question, &circular), None, "a name that refers to itself");
        for position in 0..whole.len() {
            for value in 0..=255 {
                let mut changed = whole.clone();
                changed[position] = value;
                let _ = answer(&question, &changed);
            }
        }
    }

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        assert_eq!(question(1, "a..b", A), None);
        assert_eq!(question(1, &"x".repeat(64), A), None);
        assert_eq!(question(1, &"abcdefgh.".repeat(30), A), None);
    }
}
