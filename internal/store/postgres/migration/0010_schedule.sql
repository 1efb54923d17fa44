-- A schedule has ids, by which queries know it: as a CronTrigger and as its CronJobDetail.
ALTER TABLE stoa_schedule ADD COLUMN id bigint;
ALTER TABLE stoa_schedule ADD COLUMN detail bigint;
