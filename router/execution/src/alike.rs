//! Recognises objects of one answer that are written alike, so that each is read and kept once.

use cloudphone_planning::Shape;

use crate::store::ObjectId;

/// So many different objects in a row show that those of a shape are not worth comparing.
const FRUITLESS: u32 = 32;

/// Bytes of an answer for each object that is remembered.
const BYTES_FOR_EACH: usize = 128;

/// Objects of one answer by how they begin: up to their first scalar, which is most often what identifies them. Each has one
/// place, which the next object that falls there takes: whatever an answer holds, a search is one look.
#[derive(Debug)]
pub(crate) struct Alike {
    places: Vec<Option<Remembered>>,
    /// Per shape, by its number: how many objects in a row were like no other.
    fruitless: Vec<u32>,
    /// Whether any two were alike.
    pub(crate) any: bool,
}

/// An object and where the answer has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remembered {
    pub(crate) number: u32,
    pub(crate) object: ObjectId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Alike {
    /// For an answer of so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let places = (bytes / BYTES_FOR_EACH).next_power_of_two().clamp(16, 4096);
        Self { places: vec![None; places], fruitless: Vec::new(), any: false }
    }

    /// The number under which objects of a shape are to be remembered; none when they are not to be.
    #[inline]
    pub(crate) fn number(&mut self, shape: &Shape) -> Option<u32> {
        let number = shape.lone?;
        let position = number as usize;
        if self.fruitless.len() <= position {
            self.fruitless.resize(position + 1, 0);
        }
        (self.fruitless[position] < FRUITLESS).then_some(number)
    }

    /// The place of objects that begin like this.
    pub(crate) fn place(&self, number: u32, beginning: &[u8]) -> usize {
        // Identifiers differ in their last bytes.
        let mut hash = u64::from(number);
        for chunk in beginning.rchunks(8).take(2) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            // Multiplication carries upwards alone.
            hash ^= hash >> 32;
        }
        usize::try_from(hash & 0xffff).unwrap_or_default() & (self.places.len() - 1)
    }

    /// The object that was last remembered in a place, if it is of this shape.
    pub(crate) fn remembered(&self, place: usize, number: u32) -> Option<Remembered> {
        self.places[place].filter(|remembered| remembered.number == number)
    }

    /// Notes that an object was met again.
    pub(crate) fn met(&mut self, number: u32) {
        self.any = true;
        self.fruitless[number as usize] = 0;
    }

    /// Remembers an object that was not met before.
    pub(crate) fn remember(&mut self, place: usize, object: Remembered) {
        self.fruitless[object.number as usize] += 1;
        self.places[place] = Some(object);
    }
}
