// The fields of a specification, for any form that holds one under `specification`.
import { NumberInput, Select, SimpleGrid, Switch, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { ANDROID_VERSIONS, type SpecificationValues } from './specification';

interface WithSpecification {
  specification: SpecificationValues;
}

export function SpecificationFields<Values extends WithSpecification>({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation();
  const bind = (field: keyof SpecificationValues) => ({
    label: t(`specification.${field}`),
    ...form.getInputProps(`specification.${field}`, field === 'gpu' ? { type: 'checkbox' } : {}),
  });

  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <Select {...bind('androidVersion')} data={ANDROID_VERSIONS} allowDeselect={false} />
      <NumberInput {...bind('cpuCores')} min={1} max={16} allowDecimal={false} />
      <NumberInput {...bind('memoryMb')} min={512} max={32768} step={512} allowDecimal={false} suffix=" MB" thousandSeparator />
      <NumberInput {...bind('storageGb')} min={1} max={1024} step={8} allowDecimal={false} suffix=" GB" />
      <NumberInput {...bind('widthPx')} min={240} max={4096} allowDecimal={false} suffix=" px" />
      <NumberInput {...bind('heightPx')} min={240} max={4096} allowDecimal={false} suffix=" px" />
      <NumberInput {...bind('density')} min={72} max={640} allowDecimal={false} suffix=" dpi" />
      <TextInput {...bind('locale')} />
      <TextInput {...bind('timezone')} />
      <TextInput {...bind('networkProxy')} placeholder="http://proxy:3128" />
      <Switch {...bind('gpu')} />
    </SimpleGrid>
  );
}
