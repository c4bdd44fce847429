// The foot of a paged list: how much is shown, and the next page.
import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface LoadMoreProps {
  shown: number;
  total?: number | null;
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}

export function LoadMore({ shown, total, hasMore, loading, onMore }: LoadMoreProps) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" mt="sm">
      <Text size="sm" c="dimmed" role="status">
        {total == null ? t('common.shown', { shown }) : t('common.shownOf', { shown, total })}
      </Text>
      {hasMore && (
        <Button variant="default" size="xs" loading={loading} onClick={onMore}>
          {t('common.more')}
        </Button>
      )}
    </Group>
  );
}
