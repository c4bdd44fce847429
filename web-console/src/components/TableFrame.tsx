// The surface that a table lies on; scrolls sideways by itself where the screen is narrower than its columns.
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './TableFrame.module.css';

export function TableFrame({ minWidth, children }: { minWidth: number; children: ReactNode }) {
  return (
    <Table.ScrollContainer minWidth={minWidth} className={classes.frame}>
      {children}
    </Table.ScrollContainer>
  );
}
