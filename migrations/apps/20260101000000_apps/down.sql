DROP TABLE object_removals, known_devices, installations, application_uploads, applications;
