DROP TABLE simulated_phones, device_credentials, device_commands, device_transitions, devices, device_templates;
