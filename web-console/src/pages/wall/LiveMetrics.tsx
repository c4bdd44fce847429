// The part of a card that changes each second, while the card is on the screen.
import { useFleetEntry } from '../../fleet/useFleet';
import type { FleetEntry } from '../../fleet/store';
import { AppRow } from './AppRow';
import { MetricCell } from './MetricCell';
import classes from './Wall.module.css';

export function LiveMetrics({ id, inView }: { id: string; inView: boolean }) {
  return inView ? <Moving id={id} /> : <div className={classes.away} />;
}

function Moving({ id }: { id: string }) {
  const entry = useFleetEntry(id);
  return entry === undefined ? null : <Measurements {...entry} />;
}

function Measurements({ device, sample, history }: FleetEntry) {
  const quiet = device.state !== 'RUNNING' || !device.online;
  return (
    <>
      <div className={classes.metrics} data-quiet={quiet || undefined}>
        <MetricCell name="cpu" value={sample?.cpuPercent} series={history.cpuPercent} max={100} color="indigo" />
        <MetricCell name="memory" value={sample?.memoryPercent} series={history.memoryPercent} max={100} color="grape" />
        <MetricCell name="fps" value={sample?.framesPerSecond} series={history.framesPerSecond} max={60} color="teal" />
        <MetricCell name="battery" value={sample?.batteryPercent} series={history.batteryPercent} max={100} color="orange" charging={sample?.batteryCharging ?? false} />
      </div>
      {device.installedApps && <AppRow apps={device.installedApps} foreground={quiet ? null : (sample?.foregroundApp ?? null)} />}
    </>
  );
}
