//! `Variable`: a weight or state that changes, with its name, its initializer's result and what constrains it.

use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::regularizers::Regularizer;
use crate::tape::{self, Node};
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};
use std::cell::{Cell, RefCell};

/// A value that optimizers and layers replace. The optimizer may also change it in place: who keeps a value must copy it.
pub struct Variable {
    name: String,
    path: RefCell<String>,
    value: RefCell<Array>,
    trainable: Cell<bool>,
    declared_trainable: bool,
    leaf: RefCell<Option<Node>>,
    regularizer: Option<Regularizer>,
    constraint: Option<Constraint>,
}

impl Variable {
    /// A variable with a first value.
    pub fn new(name: impl Into<String>, value: Array, trainable: bool) -> Self {
        let name = name.into();
        Variable {
            path: RefCell::new(name.clone()),
            name,
            value: RefCell::new(value),
            trainable: Cell::new(trainable),
            declared_trainable: trainable,
            leaf: RefCell::new(None),
            regularizer: None,
            constraint: None,
        }
    }

    /// Adds what is charged to the loss for its size, and what it is held to after each step.
    #[must_use]
    pub fn with_rules(
        mut self,
        regularizer: Option<Regularizer>,
        constraint: Option<Constraint>,
    ) -> Self {
        self.regularizer = regularizer;
        self.constraint = constraint;
        self
    }

    /// Its short name: `kernel`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its full name: `dense_1/kernel`.
    pub fn path(&self) -> String {
        self.path.borrow().clone()
    }

    /// Sets the full name.
    pub fn set_path(&self, path: String) {
        *self.path.borrow_mut() = path;
    }

    /// Its axes.
    pub fn shape(&self) -> Vec<usize> {
        self.value.borrow().dims().to_vec()
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.value.borrow().elem_count()
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        self.value.borrow().dtype()
    }

    /// Whether gradients are wanted by itself (its layer may be frozen all the same).
    pub fn is_trainable(&self) -> bool {
        self.trainable.get()
    }

    /// Whether it was made as a weight and not as a state: its place among the weights follows from this.
    pub fn is_declared_trainable(&self) -> bool {
        self.declared_trainable
    }

    /// Freezes or thaws it.
    pub fn set_trainable(&self, trainable: bool) {
        self.trainable.set(trainable);
    }

    /// Its regularizer.
    pub fn regularizer(&self) -> Option<&Regularizer> {
        self.regularizer.as_ref()
    }

    /// Its constraint.
    pub fn constraint(&self) -> Option<&Constraint> {
        self.constraint.as_ref()
    }

    /// The present data; shared, so it changes with the next step of an optimizer.
    pub fn array(&self) -> Array {
        self.value.borrow().clone()
    }

    /// A copy of the present data, which stays.
    pub fn snapshot(&self) -> Result<Array> {
        Ok(self.value.borrow().copy()?)
    }

    /// The value for a computation, tracked if a tape records and it is trainable.
    pub fn read(&self) -> Tensor {
        let array = self.array();
        if !self.trainable.get() {
            return Tensor::new(array);
        }
        match self.leaf() {
            Some(node) => Tensor::with_node(array, node),
            None => Tensor::new(array),
        }
    }

    /// Where it stands on the tape that records now; made on first use.
    fn leaf(&self) -> Option<Node> {
        let active = tape::active_list()?;
        let mut leaf = self.leaf.borrow_mut();
        match &*leaf {
            Some(node) if node.list_id() == active => {}
            _ => *leaf = tape::leaf(),
        }
        leaf.clone()
    }

    /// Where it stood on the tape of this number, if that tape has seen it.
    pub fn node_on(&self, list_id: u64) -> Option<Node> {
        self.leaf.borrow().clone().filter(|node| node.list_id() == list_id)
    }

    /// Forgets the tape (a leaf keeps its whole list alive).
    pub fn forget_tape(&self) {
        *self.leaf.borrow_mut() = None;
    }

    /// Replaces the value; the shape must stay.
    pub fn assign(&self, value: &Array) -> Result<()> {
        let mut current = self.value.borrow_mut();
        if current.dims() != value.dims() {
            return Err(Error::value(format!(
                "{} cannot take a value of another shape",
                self.path.borrow()
            ))
            .received(format!("{:?}", value.dims()))
            .expected(format!("{:?}", current.dims())));
        }
        let value = value.to_dtype(current.dtype())?.to_device(current.device())?;
        // A copy: the optimizer changes variables in place, and the caller may keep its tensor.
        *current = value.force_contiguous()?;
        Ok(())
    }

    /// Replaces the value by one that nobody else holds.
    pub fn replace(&self, value: Array) {
        *self.value.borrow_mut() = value;
    }
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Variable(path={}, shape={:?})", self.path.borrow(), self.shape())
    }
}
