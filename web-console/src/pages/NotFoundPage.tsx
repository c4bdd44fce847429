// An address that leads nowhere.
import { Anchor } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { EmptyState } from '../components/EmptyState';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={IconMapOff} title={t('common.notFound')} hint={t('common.notFoundHint')}>
      <Anchor component={Link} to="/">
        {t('common.home')}
      </Anchor>
    </EmptyState>
  );
}
