// An app's icon, or its first letter while there is none.
import { Avatar } from '@mantine/core';
import { initials } from '../format/size';

interface AppIconProps {
  label: string;
  iconUrl?: string | null;
  size?: number;
}

export function AppIcon({ label, iconUrl, size = 24 }: AppIconProps) {
  return (
    <Avatar src={iconUrl ?? null} alt="" size={size} radius={size > 32 ? 'md' : 6} color="ink" variant="light" aria-hidden>
      <span style={{ fontSize: size * 0.42 }}>{initials(label)}</span>
    </Avatar>
  );
}
