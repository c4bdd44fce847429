//! Finds the shapes whose objects stand alone in their places, so that equal objects of one answer may be kept as one.
//!
//! Equal objects of an answer are the same to every later step, because a step knows an object by what is in it. There are two
//! exceptions: where another answer has objects in the same place, the two are merged by where they stand; and a step may be
//! about those objects of a place alone that lie below objects of certain types.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};

use crate::plan::{FetchStep, FlattenPath, FlattenSegment, Shape, StepInput, Symbol};

/// Response keys that lead through the response, whatever lists and types are on the way.
type Place = Vec<Symbol>;

/// Numbers the shapes that stand alone wherever their objects go.
pub(crate) fn number_lone_shapes(steps: &mut [FetchStep]) {
    let mut survey = Survey::default();
    let mut position = 0;
    for step in steps.iter() {
        match &step.input {
            StepInput::Root { shape, path } => position = survey.add(shape, std::slice::from_ref(path), position),
            StepInput::Entities(inputs) => {
                for input in inputs {
                    position = survey.add(&input.shape, &input.paths, position);
                }
            }
        }
    }
    let crowded = survey.crowded();
    let (mut position, mut lone) = (0, 0);
    let mut number = |shape: &mut Arc<Shape>| number(shape, &crowded, &mut position, &mut lone);
    for step in steps {
        match &mut step.input {
            StepInput::Root { shape, .. } => number(shape),
            StepInput::Entities(inputs) => inputs.iter_mut().for_each(|input| number(&mut input.shape)),
        }
    }
}

/// Which shapes there are in which places. Shapes are told apart by their position in a walk over all steps.
#[derive(Default)]
struct Survey {
    shapes: AHashMap<Place, AHashSet<usize>>,
    /// Where a step is about some objects and not about others, by what is around them.
    chosen: AHashSet<Place>,
}

impl Survey {
    /// Adds what goes to some paths; gives the position of the shape that follows.
    fn add(&mut self, shape: &Shape, paths: &[FlattenPath], first: usize) -> usize {
        // What goes nowhere is walked all the same, so that positions agree.
        let nowhere = [FlattenPath::default()];
        let mut position = first;
        for path in if paths.is_empty() { &nowhere } else { paths } {
            position = first;
            self.choose(path);
            self.enter(shape, &mut keys(path), &mut position);
        }
        position
    }

    fn enter(&mut self, shape: &Shape, place: &mut Place, position: &mut usize) {
        for field in &shape.fields {
            let Some(child) = &field.child else { continue };
            place.push(field.symbol);
            self.shapes.entry(place.clone()).or_default().insert(*position);
            *position += 1;
            self.enter(child, place, position);
            place.pop();
        }
    }

    fn choose(&mut self, path: &FlattenPath) {
        let mut place = Place::new();
        let mut by_type = false;
        for segment in path {
            match segment {
                FlattenSegment::Types(_) => by_type = true,
                FlattenSegment::List => {}
                FlattenSegment::Field(symbol) => {
                    place.push(*symbol);
                    if by_type {
                        self.chosen.insert(place.clone());
                    }
                }
            }
        }
    }

    fn crowded(&self) -> AHashSet<usize> {
        let crowded = self.shapes.iter().filter(|(place, shapes)| shapes.len() > 1 || self.chosen.contains(*place));
        crowded.flat_map(|(_, shapes)| shapes.iter().copied()).collect()
    }
}

/// Walks as [`Survey::enter`] does.
fn number(shape: &mut Arc<Shape>, crowded: &AHashSet<usize>, position: &mut usize, lone: &mut u32) {
    let shape = Arc::get_mut(shape).expect("nobody else holds a plan that is being made");
    for field in &mut shape.fields {
        let Some(child) = &mut field.child else { continue };
        if !crowded.contains(position) {
            Arc::get_mut(child).expect("nobody else holds a plan that is being made").lone = Some(*lone);
            *lone += 1;
        }
        *position += 1;
        number(child, crowded, position, lone);
    }
}

fn keys(path: &FlattenPath) -> Place {
    let keys = path.iter().filter_map(|segment| match segment {
        FlattenSegment::Field(symbol) => Some(*symbol),
        FlattenSegment::List | FlattenSegment::Types(_) => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::{FetchStep, FlattenSegment, Shape, StepInput, Symbol, number_lone_shapes};
    use crate::{
        operation::OperationKind,
        plan::{EntityInput, ShapeField},
        types::TypeId,
    };
    use std::sync::Arc;

    fn shape(children: &[(u32, &[u32])]) -> Arc<Shape> {
        let leaf = |symbol: &u32| field(*symbol, None);
        let child = |(symbol, leaves): &(u32, &[u32])| {
            let shape = Shape { fields: leaves.iter().map(leaf).collect(), ..Shape::default() };
            field(*symbol, Some(Arc::new(shape)))
        };
        Arc::new(Shape { fields: children.iter().map(child).collect(), ..Shape::default() })
    }

    fn field(symbol: u32, child: Option<Arc<Shape>>) -> ShapeField {
        let symbol = Symbol(symbol);
        ShapeField { key: "".into(), prefix: "".into(), symbol, is_typename: false, child }
    }

    fn step(input: StepInput) -> FetchStep {
        FetchStep {
            service: Arc::from("one"),
            kind: OperationKind::Query,
            query: Arc::from(""),
            variables: Box::default(),
            conditions: Box::default(),
            depends_on: Box::default(),
            input,
        }
    }

    fn root(shape: Arc<Shape>) -> FetchStep {
        step(StepInput::Root { shape, path: Box::default() })
    }

    fn entities(shape: Arc<Shape>, path: &[FlattenSegment]) -> FetchStep {
        let input = EntityInput {
            response_key: "_entities".into(),
            variable: "representations".into(),
            paths: Box::new([path.into()]),
            requires: Box::default(),
            rewrites: Box::default(),
            shape,
        };
        step(StepInput::Entities(Box::new([input])))
    }

    /// Whether each child of a step's shape is numbered.
    fn lone(step: &FetchStep) -> Vec<bool> {
        let shape = match &step.input {
            StepInput::Root { shape, .. } => shape,
            StepInput::Entities(inputs) => &inputs[0].shape,
        };
        shape.fields.iter().filter_map(|field| field.child.as_ref()).map(|child| child.lone.is_some()).collect()
    }

    #[test]
    fn objects_that_one_answer_alone_has_may_be_kept_as_one() {
        let mut steps = [root(shape(&[(1, &[2]), (3, &[2])]))];
        number_lone_shapes(&mut steps);
        assert_eq!(lone(&steps[0]), [true, true]);
    }

    #[test]
    fn objects_that_another_answer_is_merged_into_are_kept_apart() {
        let in_it = [FlattenSegment::Field(Symbol(1)), FlattenSegment::List];
        let outer =
            Arc::new(Shape { fields: Box::new([field(1, Some(shape(&[(5, &[2]), (6, &[2])])))]), ..Shape::default() });
        let mut steps = [root(outer), entities(shape(&[(5, &[4]), (7, &[4])]), &in_it)];
        number_lone_shapes(&mut steps);
        assert_eq!(lone(&steps[0]), [true]);
        assert_eq!(lone(&steps[1]), [false, true]);
        let StepInput::Root { shape, .. } = &steps[0].input else { return };
        let below: Vec<_> = shape.fields[0].child.iter().flat_map(|child| &child.fields).collect();
        let numbered = below.iter().map(|field| field.child.as_ref().is_some_and(|child| child.lone.is_some()));
        assert!(numbered.eq([false, true]));
    }

    #[test]
    fn objects_that_a_step_is_about_for_some_parents_only_are_kept_apart() {
        let below_a_type = [
            FlattenSegment::Field(Symbol(1)),
            FlattenSegment::Types([TypeId::UNKNOWN].into()),
            FlattenSegment::Field(Symbol(5)),
        ];
        let outer = Arc::new(Shape { fields: Box::new([field(1, Some(shape(&[(5, &[2])])))]), ..Shape::default() });
        let mut steps = [root(outer), entities(shape(&[]), &below_a_type)];
        number_lone_shapes(&mut steps);
        let StepInput::Root { shape, .. } = &steps[0].input else { return };
        assert!(shape.fields[0].child.as_ref().is_some_and(|child| child.lone.is_some()));
        let inner = shape.fields[0].child.as_ref().and_then(|child| child.fields[0].child.as_ref());
        assert!(inner.is_some_and(|inner| inner.lone.is_none()));
    }
}
