//! Demonstration templates and devices, so that a first look shows life.

use std::sync::Arc;

use cloudphone_core::{Caller, PageRequest, SessionId, Subject, TenantId, UserId};

use crate::context::DevicesContext;
use crate::device::create::{DeviceOrder as NewDevices, MAX_AT_ONCE, Source, create_devices};
use crate::device::{DeviceFilter, DeviceOrder, GeoPoint, Labels, Specification, read};
use crate::error::DevicesError;
use crate::template::{Template, TemplateCategory, TemplateContent, TemplateFilter, change};

struct Kind {
    template: &'static str,
    description: &'static str,
    category: TemplateCategory,
    name: &'static str,
    group: &'static str,
    tags: &'static [&'static str],
    specification: fn() -> Specification,
}

const KINDS: [Kind; 3] = [
    Kind {
        template: "Game rig",
        description: "Eight cores and a GPU for games.",
        category: TemplateCategory::Gaming,
        name: "Arcade",
        group: "Arcade",
        tags: &["gaming", "gpu"],
        specification: || Specification {
            cpu_cores: 8,
            memory_mb: 12_288,
            storage_gb: 256,
            gpu: true,
            location: Some(GeoPoint { latitude: 35.6762, longitude: 139.6503 }),
            timezone: "Asia/Tokyo".to_owned(),
            locale: "ja-JP".to_owned(),
            ..base()
        },
    },
    Kind {
        template: "Test bench",
        description: "A small phone for automated tests.",
        category: TemplateCategory::Testing,
        name: "Bench",
        group: "Quality",
        tags: &["ci", "testing"],
        specification: || Specification {
            android_version: "12".to_owned(),
            cpu_cores: 2,
            memory_mb: 2048,
            storage_gb: 32,
            width_px: 720,
            height_px: 1600,
            density: 280,
            location: Some(GeoPoint { latitude: 52.52, longitude: 13.405 }),
            timezone: "Europe/Berlin".to_owned(),
            locale: "de-DE".to_owned(),
            ..base()
        },
    },
    Kind {
        template: "Everyday phone",
        description: "A phone like most people's.",
        category: TemplateCategory::General,
        name: "Everyday",
        group: "Field",
        tags: &["general"],
        specification: || Specification {
            location: Some(GeoPoint { latitude: 40.7128, longitude: -74.006 }),
            timezone: "America/New_York".to_owned(),
            ..base()
        },
    },
];

fn base() -> Specification {
    Specification {
        android_version: "14".to_owned(),
        cpu_cores: 4,
        memory_mb: 6144,
        storage_gb: 128,
        width_px: 1080,
        height_px: 2400,
        density: 420,
        gpu: false,
        locale: "en-US".to_owned(),
        timezone: "UTC".to_owned(),
        network_proxy: None,
        location: None,
    }
}

/// Makes what is missing; answers how many devices were made.
pub async fn seed(
    context: &Arc<DevicesContext>,
    tenant_id: TenantId,
    owners: &[UserId],
    devices: usize,
) -> Result<usize, DevicesError> {
    let caller = DevicesContext::service(tenant_id);
    let one = PageRequest { first: 1, after: None };
    let there = read::list_devices(context, &caller, DeviceFilter::default(), DeviceOrder::default(), one).await?;
    if !there.rows.is_empty() {
        return Ok(0);
    }
    let mut made = 0;
    for (index, kind) in KINDS.iter().enumerate() {
        let share = devices / KINDS.len() + usize::from(index < devices % KINDS.len());
        let template = template(context, &caller, kind).await?;
        made += seed_kind(context, tenant_id, owners, kind, &template, share).await?;
    }
    Ok(made)
}

async fn template(context: &Arc<DevicesContext>, caller: &Caller, kind: &Kind) -> Result<Template, DevicesError> {
    let filter = TemplateFilter { search: Some(kind.template.to_owned()), category: Some(kind.category) };
    let page = PageRequest { first: 1, after: None };
    let found = change::list_templates(context, caller, filter, page).await?;
    if let Some((_, template)) = found.rows.into_iter().next() {
        return Ok(template);
    }
    let draft = TemplateContent {
        name: kind.template.to_owned(),
        description: kind.description.to_owned(),
        category: kind.category,
        specification: (kind.specification)(),
    };
    change::create_template(context, caller, draft).await
}

/// Makes a kind's share in lots: each owner has some, and one lot in four stays switched off.
async fn seed_kind(
    context: &Arc<DevicesContext>,
    tenant_id: TenantId,
    owners: &[UserId],
    kind: &Kind,
    template: &Template,
    share: usize,
) -> Result<usize, DevicesError> {
    const LOTS: usize = 4;
    let largest = usize::try_from(MAX_AT_ONCE).unwrap_or(1);
    let lots = LOTS.max(share.div_ceil(largest)).min(share.max(1));
    let mut made = 0;
    for lot in 0..lots {
        let count = share / lots + usize::from(lot < share % lots);
        if count == 0 {
            continue;
        }
        let order = NewDevices {
            labels: Labels {
                name: format!("{} {}", kind.name, char::from(b'A' + u8::try_from(lot % 26).unwrap_or_default())),
                tags: kind.tags.iter().map(|tag| (*tag).to_owned()).collect(),
                group: Some(kind.group.to_owned()),
            },
            source: Source::Template(template.id),
            expires_at: None,
            count: i32::try_from(count).unwrap_or(MAX_AT_ONCE),
            start: lot % LOTS != LOTS - 1,
        };
        let owner = owners.get(lot % owners.len().max(1)).copied();
        made += create_devices(context, &owner_or_service(tenant_id, owner), order).await?.len();
    }
    Ok(made)
}

/// Demonstration devices belong to people, so that the wall shows names.
fn owner_or_service(tenant_id: TenantId, owner: Option<UserId>) -> Caller {
    let service = DevicesContext::service(tenant_id);
    match owner {
        Some(user_id) => Caller { subject: Subject::User { user_id, session_id: SessionId::new() }, ..service },
        None => service,
    }
}
