// From state to state: when, why and by whom.
import { useQuery } from '@apollo/client/react';
import { Group, Text, Timeline } from '@mantine/core';
import { useEffect } from 'react';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { Moment } from '../../components/Moment';
import { PageLoader } from '../../components/PageLoader';
import { STATE_COLORS, StateBadge } from '../../components/StateBadge';
import { graphql } from '../../graphql/generated';
import type { DeviceTransitionsQuery } from '../../graphql/generated/graphql';
import classes from './TransitionsTab.module.css';

const TRANSITIONS = graphql(`
  query DeviceTransitions($id: ID!, $after: String) {
    device(id: $id) {
      id
      transitions(first: 20, after: $after) {
        edges {
          node {
            id
            from
            to
            cause
            at
            actor {
              id
              displayName
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

type Transition = NonNullable<DeviceTransitionsQuery['device']>['transitions']['edges'][number]['node'];

export function TransitionsTab({ id, changes }: { id: string; changes: number }) {
  const { data, error, loading, refetch, fetchMore } = useQuery(TRANSITIONS, { variables: { id }, notifyOnNetworkStatusChange: true });
  useEffect(() => {
    if (changes > 0) void refetch();
  }, [changes, refetch]);

  const page = data?.device?.transitions;
  if (error && !page) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!page) return <PageLoader />;
  return (
    <>
      <Timeline bulletSize={12} lineWidth={2} active={page.edges.length} classNames={{ item: classes.step, itemBody: classes.stepBody, itemBullet: classes.stepBullet }}>
        {page.edges.map(({ node }) => (
          <Timeline.Item key={node.id} color={STATE_COLORS[node.to]} title={<Step {...node} />} />
        ))}
      </Timeline>
      <LoadMore
        shown={page.edges.length}
        hasMore={page.pageInfo.hasNextPage}
        loading={loading}
        onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })}
      />
    </>
  );
}

function Step({ to, cause, actor, at }: Transition) {
  return (
    <Group gap="sm">
      <StateBadge state={to} past />
      <Text size="sm">{cause}</Text>
      <Text size="xs" c="dimmed">
        {actor && `${actor.displayName} · `}
        <Moment at={at} />
      </Text>
    </Group>
  );
}
