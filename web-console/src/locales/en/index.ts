// English, one file per area of the console.
import apps from './apps.json';
import common from './common.json';
import devices from './devices.json';
import people from './people.json';

const en = { ...common, ...devices, ...apps, ...people };

export default en;
