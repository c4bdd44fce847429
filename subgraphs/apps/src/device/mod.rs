//! Which devices there are, as far as this domain needs to know: told by the devices domain, asked before installing.

pub mod store;
