// One measurement of one device: its name, its value now, its last minute.
import { Sparkline } from '../../components/Sparkline';
import type { Series } from '../../fleet/history';
import { decimal } from '../../format/size';
import { useTranslation } from 'react-i18next';
import classes from './Wall.module.css';

interface MetricCellProps {
  name: 'cpu' | 'memory' | 'fps' | 'battery';
  value: number | null | undefined;
  series: Series;
  max: number;
  color: string;
  charging?: boolean;
}

export function MetricCell({ name, value, series, max, color, charging = false }: MetricCellProps) {
  const { t } = useTranslation();
  const unit = name === 'fps' ? '' : '%';
  const reading = value == null ? t('common.none') : `${decimal(value)}${unit}`;
  return (
    <div className={classes.metric} data-metric={name}>
      <div className={classes.reading}>
        <span>{t(`metrics.${name}`)}</span>
        <strong>
          {charging && <span aria-label={t('metrics.charging')}>⚡</span>}
          {reading}
        </strong>
      </div>
      <Sparkline label={t('metrics.chart', { name: t(`metrics.${name}`) })} series={series} max={max} color={color} width={128} height={28} />
    </div>
  );
}
