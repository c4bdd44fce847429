DROP TABLE inbox_cursors, inbox, outbox_receipts, outbox_sequences, outbox;
