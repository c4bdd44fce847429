// The platform's errors stand next to the fields they name.
import { expect, it } from 'vitest';
import { placeErrors } from './userErrors';

const known = (path: string) => ['name', 'specification.cpuCores'].includes(path);

it('places an error by its path within the input', () => {
  const placed = placeErrors([{ code: 'TOO_SMALL', message: 'At least 1.', path: ['specification', 'cpuCores'] }], known);
  expect(placed).toEqual({ fields: { 'specification.cpuCores': 'At least 1.' }, general: [] });
});

it('takes paths with and without the leading input', () => {
  expect(placeErrors([{ code: 'REQUIRED', message: 'Enter a name.', path: ['input', 'name'] }], known).fields).toEqual({ name: 'Enter a name.' });
});

it('shows what no field can show above the form', () => {
  const errors = [
    { code: 'QUOTA', message: 'No devices left.', path: [] },
    { code: 'ODD', message: 'Odd.', path: ['elsewhere'] },
  ];
  expect(placeErrors(errors, known)).toEqual({ fields: {}, general: ['No devices left.', 'Odd.'] });
});

it('shows all errors of one field', () => {
  const errors = [
    { code: 'A', message: 'Too short.', path: ['name'] },
    { code: 'B', message: 'Taken.', path: ['name'] },
  ];
  expect(placeErrors(errors, known).fields).toEqual({ name: 'Too short. Taken.' });
});
