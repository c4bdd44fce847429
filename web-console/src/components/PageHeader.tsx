// Title, summary and actions at the top of a page; also names the browser tab.
import { Box, Group, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface PageHeaderProps {
  title: string;
  summary?: ReactNode;
  children?: ReactNode;
}

export function PageHeader({ title, summary, children }: PageHeaderProps) {
  useDocumentTitle(`${title} · Cloudphone`);
  return (
    <Group justify="space-between" align="flex-end" gap="sm" mb="md">
      <Box miw={0}>
        <Title order={1} size="h2" lineClamp={1}>
          {title}
        </Title>
        {summary !== undefined && (
          <Text component="div" size="sm" c="dimmed">
            {summary}
          </Text>
        )}
      </Box>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
