// Brings a payload's `userErrors` to the fields of the form that caused them.
import type { UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { describeError } from './errors';

export interface UserError {
  code: string;
  message: string;
  path: string[];
}

export interface PlacedErrors {
  fields: Record<string, string>;
  general: string[];
}

/** Splits errors into those that name a known field (by dotted path within `input`) and the rest. */
export function placeErrors(errors: readonly UserError[], known: (path: string) => boolean): PlacedErrors {
  const placed: PlacedErrors = { fields: {}, general: [] };
  for (const error of errors) {
    const segments = error.path[0] === 'input' ? error.path.slice(1) : error.path;
    const path = segments.join('.');
    if (path !== '' && known(path)) {
      placed.fields[path] = placed.fields[path] === undefined ? error.message : `${placed.fields[path]} ${error.message}`;
    } else {
      placed.general.push(error.message);
    }
  }
  return placed;
}

export function summarise(errors: readonly UserError[]): string {
  return errors.map((error) => error.message).join(' ');
}

function hasPath(values: unknown, path: string): boolean {
  let at: unknown = values;
  for (const segment of path.split('.')) {
    if (typeof at !== 'object' || at === null || !(segment in at)) return false;
    at = (at as Record<string, unknown>)[segment];
  }
  return true;
}

/** Runs a form's mutation: errors go to the fields they name, the rest above the form. */
export function useSubmission<Values extends Record<string, unknown>>(form: UseFormReturnType<Values>) {
  const [busy, setBusy] = useState(false);
  const [general, setGeneral] = useState<string[]>([]);

  /** Answers whether the platform accepted. */
  const submit = async (send: () => Promise<readonly UserError[]>): Promise<boolean> => {
    setBusy(true);
    setGeneral([]);
    try {
      const errors = await send();
      const placed = placeErrors(errors, (path) => hasPath(form.getValues(), path));
      if (Object.keys(placed.fields).length > 0) form.setErrors(placed.fields);
      setGeneral(placed.general);
      return errors.length === 0;
    } catch (error) {
      setGeneral([describeError(error)]);
      return false;
    } finally {
      setBusy(false);
    }
  };

  return { busy, general, submit };
}
