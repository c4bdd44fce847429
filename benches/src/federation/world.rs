//! The data of the four subgraphs: people, phones and what people say about phones. Always the same.

/// How many people there are.
pub const PEOPLE: usize = 20;
/// How many phones there are.
pub const PHONES: usize = 30;
/// How many ratings there are.
pub const RATINGS: usize = 90;

/// Who wrote a rating.
pub fn author_of(rating: usize) -> usize {
    (rating * 7 + rating / PEOPLE) % PEOPLE
}

/// What a rating is about.
pub fn phone_of(rating: usize) -> usize {
    (rating * 11 + rating / PHONES) % PHONES
}

/// The ratings that one person wrote.
pub fn written_by(person: usize) -> Vec<usize> {
    (0..RATINGS).filter(|rating| author_of(*rating) == person).collect()
}

/// The ratings about one phone.
pub fn about(phone: usize) -> Vec<usize> {
    (0..RATINGS).filter(|rating| phone_of(*rating) == phone).collect()
}

/// The number in an id such as `phone-7`.
pub fn number(id: &str) -> usize {
    id.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}

/// Text as long as people write it, with an escape in it.
pub fn text(rating: usize) -> String {
    const SENTENCES: [&str; 4] = [
        "It starts quickly and has not failed once since it was set up.",
        "The screen is \"fine\" by day, and the sound is better than it was.",
        "Größe und Gewicht passen; the battery lasts for a day and a half.",
        "It runs warm when several applications stream at the same time.",
    ];
    format!("{} ({rating})", SENTENCES[rating % SENTENCES.len()])
}
