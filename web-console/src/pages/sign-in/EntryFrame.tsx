// The frame of the pages before signing in.
import { Center, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconDeviceMobileVibration } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ColorSchemeToggle } from '../../layout/ColorSchemeToggle';
import classes from './EntryFrame.module.css';

interface EntryFrameProps {
  title: string;
  hint: string;
  children: ReactNode;
}

export function EntryFrame({ title, hint, children }: EntryFrameProps) {
  useDocumentTitle(`${title} · Cloudphone`);
  return (
    <Center component="main" mih="100vh" p="md" className={classes.backdrop}>
      <div className={classes.corner}>
        <ColorSchemeToggle />
      </div>
      <Paper w="100%" maw={420} p="xl" shadow="sm" radius="lg">
        <Stack gap="md">
          <Stack gap={4} align="center" ta="center">
            <IconDeviceMobileVibration size={40} stroke={1.5} className={classes.mark} aria-hidden />
            <Title order={1} size="h3">
              {title}
            </Title>
            <Text size="sm" c="dimmed">
              {hint}
            </Text>
          </Stack>
          {children}
        </Stack>
      </Paper>
    </Center>
  );
}
