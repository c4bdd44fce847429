DROP TABLE recorded;
