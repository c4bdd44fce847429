//! Whether a running operation may go on by the plan that its document gets from another supergraph.

use crate::{
    operation::PreparedOperation,
    plan::FetchStep,
    projection::{AbstractProjection, FieldProjection, ObjectProjection, Projection, ValueProjection},
    variables::Variables,
};

impl PreparedOperation {
    /// Whether `successor`, the same document prepared on another supergraph, asks the same of the same subgraphs and
    /// answers in the same form. Who runs the one may then go on with the other between two events, and nobody can tell.
    pub fn goes_on_as(&self, successor: &Self, variables: &Variables) -> bool {
        if std::ptr::eq(self, successor) {
            return true;
        }
        let (steps, successors) = (&self.plan().steps, &successor.plan().steps);
        self.kind() == successor.kind()
            && steps.len() == successors.len()
            && steps.iter().zip(successors).all(|(step, successor)| asks_the_same(step, successor))
            && is_same_form(&self.projection(variables), &successor.projection(variables))
    }
}

/// What is read of earlier answers needs no comparison: it follows from the plan that is used from then on.
fn asks_the_same(step: &FetchStep, successor: &FetchStep) -> bool {
    step.service == successor.service
        && step.kind == successor.kind
        && step.query == successor.query
        && step.variables == successor.variables
        && step.conditions == successor.conditions
        && step.depends_on == successor.depends_on
}

fn is_same_form(one: &Projection, other: &Projection) -> bool {
    one.root == other.root
        && one.objects.len() == other.objects.len()
        && one.objects.iter().zip(&other.objects).all(|(one, other)| is_same_object(one, other))
}

fn is_same_object(one: &ObjectProjection, other: &ObjectProjection) -> bool {
    one.type_name == other.type_name
        && one.is_denied == other.is_denied
        && one.fields.len() == other.fields.len()
        && one.fields.iter().zip(&other.fields).all(|(one, other)| is_same_field(one, other))
}

fn is_same_field(one: &FieldProjection, other: &FieldProjection) -> bool {
    one.prefix == other.prefix
        && one.name == other.name
        && one.wrapping == other.wrapping
        && is_same_value(&one.value, &other.value)
}

/// Types are numbered anew by each supergraph, so that only their names can be compared; those are with the objects.
fn is_same_value(one: &ValueProjection, other: &ValueProjection) -> bool {
    use ValueProjection as Of;
    match (one, other) {
        (Of::Typename(one), Of::Typename(other)) => one == other,
        (Of::UnknownTypename, Of::UnknownTypename) | (Of::Denied, Of::Denied) => true,
        (Of::Scalar(one), Of::Scalar(other)) => one == other,
        (Of::Enum(one), Of::Enum(other)) => one == other,
        (Of::Object(one), Of::Object(other)) => one == other,
        (Of::Abstract(one), Of::Abstract(other)) => {
            let objects = |of: &AbstractProjection| {
                let mut objects: Vec<_> = of.by_type.iter().map(|(_, object)| *object).collect();
                objects.sort_unstable();
                objects
            };
            one.fallback == other.fallback && objects(one) == objects(other)
        }
        // The schema itself is what was asked for, and that is another one.
        _ => false,
    }
}
