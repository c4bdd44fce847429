//! From compiled costs and variables to a number.

use serde_json::Value;

use super::{ArgumentCost, CostOptions, Estimate, FieldCost, OperationCost, Size, Slicing, Told, weights::Weights};
use crate::variables::Variables;

impl OperationCost {
    /// The cost with these variables.
    pub(crate) fn evaluate(&self, weights: &Weights, variables: &Variables, options: CostOptions) -> Estimate {
        let Some(selections) = &self.selections else {
            return Estimate { cost: u64::MAX, unsized_fields: Vec::new() };
        };
        let mut evaluator = Evaluator { weights, variables, options, unsized_fields: Vec::new() };
        let mut costs: Vec<Dearest> = Vec::with_capacity(selections.len());
        for objects in selections {
            let mut dearest = Dearest::default();
            for object in objects {
                let fields =
                    object.fields.iter().fold(0_i64, |sum, field| sum.saturating_add(evaluator.field(field, &costs)));
                dearest.fields = dearest.fields.max(fields);
                dearest.value = dearest.value.max(fields.saturating_add(object.weight));
            }
            costs.push(dearest);
        }
        let cost = costs.last().map_or(0, |root| root.fields).saturating_add(self.base);
        // The same field may have been seen on several types.
        evaluator.unsized_fields.sort_unstable();
        evaluator.unsized_fields.dedup();
        Estimate { cost: u64::try_from(cost).unwrap_or_default(), unsized_fields: evaluator.unsized_fields }
    }
}

/// What a value may cost, by the dearest of its object types.
#[derive(Clone, Copy, Default)]
struct Dearest {
    /// What is selected on it.
    fields: i64,
    /// The same and the value itself.
    value: i64,
}

struct Evaluator<'a> {
    weights: &'a Weights,
    variables: &'a Variables,
    options: CostOptions,
    unsized_fields: Vec<String>,
}

impl Evaluator<'_> {
    fn field(&mut self, field: &FieldCost, costs: &[Dearest]) -> i64 {
        if let Some(check) = &field.check {
            self.size(check);
        }
        let size = self.entries(&field.size);
        let inner = field.child.map_or_else(Dearest::default, |child| costs[child]);
        let one = field.weight.map_or(inner.value, |weight| weight.saturating_add(inner.fields));
        let value = size.saturating_mul(one);
        field.arguments.iter().fold(value, |sum, argument| sum.saturating_add(self.argument(argument)))
    }

    fn entries(&mut self, size: &Size) -> i64 {
        match size {
            Size::One => 1,
            Size::Default => i64::from(self.options.default_list_size),
            Size::Told(slicing) => self.size(slicing),
            Size::Entities(paths) => paths.iter().fold(0_i64, |sum, path| {
                let references = path.iter().fold(1_i64, |product, alternatives| {
                    let largest = alternatives.iter().map(|size| self.entries(size)).max();
                    product.saturating_mul(largest.unwrap_or(1))
                });
                sum.saturating_add(references)
            }),
        }
    }

    fn size(&mut self, slicing: &Slicing) -> i64 {
        let told: Vec<i64> = slicing
            .told
            .iter()
            .filter_map(|told| match told {
                Told::Known(size) => Some(*size),
                Told::Variable(name, path) => {
                    path.iter().try_fold(self.variables.get(name)?, |value, step| value.get(step))?.as_i64()
                }
            })
            .collect();
        let sizes = if told.is_empty() { &slicing.defaults } else { &told };
        if slicing.require_one && sizes.len() != 1 && !self.unsized_fields.contains(&slicing.coordinate) {
            self.unsized_fields.push(slicing.coordinate.clone());
        }
        let size = sizes.iter().copied().max().or(slicing.assumed);
        size.unwrap_or_else(|| self.options.default_list_size.into()).max(0)
    }

    fn argument(&self, argument: &ArgumentCost) -> i64 {
        match argument {
            ArgumentCost::Known(cost) => *cost,
            ArgumentCost::Variable { name, type_name, weight } => {
                self.variables.get(name).map_or(0, |value| self.value(type_name, *weight, value))
            }
        }
    }

    fn value(&self, type_name: &str, own: Option<i64>, value: &Value) -> i64 {
        match value {
            Value::Null => 0,
            Value::Array(items) => {
                items.iter().fold(0_i64, |sum, item| sum.saturating_add(self.value(type_name, own, item)))
            }
            Value::Object(fields) => {
                let this = own.unwrap_or_else(|| self.weights.input(type_name));
                fields.iter().fold(this, |sum, (name, value)| {
                    let inner = self.weights.input_field(type_name, name);
                    sum.saturating_add(inner.map_or(0, |(inner, own)| self.value(inner, own, value)))
                })
            }
            _ => own.unwrap_or_else(|| self.weights.input(type_name)),
        }
    }
}
