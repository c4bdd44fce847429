//! Proof by difference: a random schema is split over subgraphs, and the router must answer as the whole would.
//!
//! [`generate`] makes the schema, its split and operations of a seed. [`world`] gives every field its value, [`live`]
//! serves the monolith and the subgraphs from it, both executed by [`mod@reference`]. [`case`] sends an operation both ways
//! and [`compare`] tells the answers apart. [`report`] counts, and what differs is made small by [`shrink`].

pub mod case;
pub mod compare;
pub mod field_set;
pub mod generate;
pub mod hostile;
pub mod live;
pub mod model;
pub mod operation;
pub mod random;
pub mod reference;
pub mod report;
pub mod sdl;
pub mod shrink;
pub mod world;
