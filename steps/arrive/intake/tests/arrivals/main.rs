//! `intake`, and `announce-rejections` behind it, against services in this process.

mod folders;
mod inbox;
mod overlaps;
mod rejections;
mod runs;
