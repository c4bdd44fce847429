// What a device is made of, as forms hold it.
import type { DeviceSpecificationInput } from '../../../graphql/generated/graphql';

export type SpecificationValues = Required<{ [Field in keyof Omit<DeviceSpecificationInput, 'location'>]: NonNullable<DeviceSpecificationInput[Field]> }>;

export const DEFAULT_SPECIFICATION: SpecificationValues = {
  androidVersion: '14',
  cpuCores: 4,
  memoryMb: 4096,
  storageGb: 64,
  widthPx: 1080,
  heightPx: 2400,
  density: 420,
  gpu: false,
  locale: 'en-US',
  timezone: 'UTC',
  networkProxy: '',
};

export const ANDROID_VERSIONS = ['10', '11', '12', '13', '14', '15', '16'];

/** The form's values as the platform takes them: an empty proxy is none. */
export function toSpecificationInput(values: SpecificationValues): DeviceSpecificationInput {
  return { ...values, networkProxy: values.networkProxy === '' ? null : values.networkProxy };
}
