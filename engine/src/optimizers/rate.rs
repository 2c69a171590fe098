//! `learning_rate=...`: a number or a schedule.

use super::Schedule;
use crate::catalog::{self, Kind, Made};
use crate::config::{Arg, Field, mismatch};
use crate::error::Result;
use std::rc::Rc;

/// A learning rate: a number that can be set, or a function of the step.
#[derive(Clone)]
pub enum LearningRate {
    /// A number. Keras keeps it in float32.
    Number(f32),
    /// A schedule.
    Schedule(Rc<dyn Schedule>),
}

impl LearningRate {
    /// The rate at a step, counted from 0.
    pub fn at(&self, step: u64) -> f32 {
        match self {
            LearningRate::Number(rate) => *rate,
            LearningRate::Schedule(schedule) => schedule.rate(step) as f32,
        }
    }
}

impl Field for LearningRate {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Int(_) | Arg::Float(_) => Ok(LearningRate::Number(f64::parse(arg)? as f32)),
            Arg::Made(Made::Schedule(_)) | Arg::Map(_) => {
                match catalog::get(Kind::Schedule, arg)? {
                    Made::Schedule(schedule) => Ok(LearningRate::Schedule(schedule)),
                    _ => Err(mismatch::<Self>(arg)),
                }
            }
            _ => Err(mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        match self {
            // 0.001 rather than 0.0010000000474974513: the shortest number that gives the same float32.
            LearningRate::Number(rate) => Arg::Float(rate.to_string().parse().unwrap_or(f64::NAN)),
            LearningRate::Schedule(schedule) => Arg::Made(Made::Schedule(schedule.clone())),
        }
    }

    fn kind() -> String {
        "a number or a learning rate schedule".to_owned()
    }
}
