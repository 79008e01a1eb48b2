CREATE TABLE `api_keys` (
  `id` char(16) NOT NULL,
  `hash` char(64) NOT NULL,
  `name` varchar(64) NOT NULL,
  `live_name` varchar(64) DEFAULT NULL,
  `scopes` varchar(255) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `revoked_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `api_keys_by_live_name` (`live_name`)
) ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin;
INSERT INTO `api_keys` VALUES ('a2cd1dad15c6a4b9', '92deb849a0f36e871e6ad38e5ca8ac25dd746b273ead76790d30acf62b78ca3f', 'revoked', NULL, 'cars:read cars:write', 1795640946, 2111000946, 1795640947);
INSERT INTO `api_keys` VALUES ('b53cf9432eaa3f99', '2d739c38e258d28e8b747b32459bcba886fb20572623207cd0fe51ee15447735', 'upgrade', 'upgrade', 'cars:read cars:write', 1795640946, 2111000946, NULL);
CREATE TABLE `car_changes` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `car_id` bigint(20) unsigned NOT NULL,
  `version` int(10) unsigned NOT NULL,
  `kind` enum('created','updated','deleted') NOT NULL,
  `caller` varchar(255) NOT NULL,
  `request_id` varchar(128) NOT NULL,
  `changed_at` datetime(3) NOT NULL,
  `brand_before` varchar(100) DEFAULT NULL,
  `model_before` varchar(100) DEFAULT NULL,
  `year_before` smallint(5) unsigned DEFAULT NULL,
  `brand_after` varchar(100) DEFAULT NULL,
  `model_after` varchar(100) DEFAULT NULL,
  `year_after` smallint(5) unsigned DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `car_changes_by_car` (`car_id`,`id`)
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `car_changes` VALUES (1, 1, 1, 'created', 'upgrade', 'POST-/cars', '2026-11-25 21:09:09.528', NULL, NULL, NULL, 'Citroën', 'C3 🚗', 2018);
INSERT INTO `car_changes` VALUES (2, 2, 1, 'created', 'upgrade', 'POST-/cars', '2026-11-25 21:09:09.533', NULL, NULL, NULL, 'O\'Neil \\ %_', 'Straße', 1886);
INSERT INTO `car_changes` VALUES (3, 3, 1, 'created', 'upgrade', 'POST-/cars', '2026-11-25 21:09:09.649', NULL, NULL, NULL, 'Volkswagen', 'Golf', 2100);
INSERT INTO `car_changes` VALUES (4, 4, 1, 'created', 'upgrade', 'POST-/cars', '2026-11-25 21:09:09.663', NULL, NULL, NULL, 'Volkswagen', 'Polo', 2001);
INSERT INTO `car_changes` VALUES (5, 1, 2, 'updated', 'upgrade', 'PATCH-/cars/1', '2026-11-25 21:09:09.681', 'Citroën', 'C3 🚗', 2018, 'Citroën', 'C3 🚗', 2019);
INSERT INTO `car_changes` VALUES (6, 1, 3, 'updated', 'upgrade', 'PUT-/cars/1', '2026-11-25 21:09:09.693', 'Citroën', 'C3 🚗', 2019, 'CITROËN', 'C3', 2020);
INSERT INTO `car_changes` VALUES (7, 4, 2, 'deleted', 'upgrade', 'DELETE-/cars/4', '2026-11-25 21:09:09.696', 'Volkswagen', 'Polo', 2001, NULL, NULL, NULL);
CREATE TABLE `cars` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `brand` varchar(100) NOT NULL,
  `brand_key` varbinary(400) NOT NULL,
  `model` varchar(100) NOT NULL,
  `model_key` varbinary(400) NOT NULL,
  `year` smallint(5) unsigned NOT NULL,
  `version` int(10) unsigned NOT NULL DEFAULT 1,
  PRIMARY KEY (`id`),
  KEY `cars_by_brand` (`brand_key`,`id`),
  KEY `cars_by_model` (`model_key`,`id`),
  KEY `cars_by_year` (`year`,`id`),
  KEY `cars_by_brand_and_year` (`brand_key`,`year`,`id`,`brand`,`model`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `cars` VALUES (1, 'CITROËN', X'636974726fc3ab6e', 'C3', X'6333', 2020, 3);
INSERT INTO `cars` VALUES (2, 'O\'Neil \\ %_', X'6f276e65696c205c20255f', 'Straße', X'73747261c39f65', 1886, 1);
INSERT INTO `cars` VALUES (3, 'Volkswagen', X'766f6c6b73776167656e', 'Golf', X'676f6c66', 2100, 1);
CREATE TABLE `idempotency_keys` (
  `idempotency_key` varbinary(511) NOT NULL,
  `car_id` bigint(20) unsigned NOT NULL,
  `brand` varchar(100) NOT NULL,
  `model` varchar(100) NOT NULL,
  `year` smallint(5) unsigned NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`idempotency_key`),
  KEY `idempotency_keys_by_age` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `idempotency_keys` VALUES (X'75706772616465006f726465722d31', 3, 'Volkswagen', 'Golf', 2100, '2026-11-25 21:09:09');
CREATE TABLE `schema_migrations` (
  `version` int(10) unsigned NOT NULL,
  `name` varchar(255) NOT NULL,
  `oldest_compatible` int(10) unsigned NOT NULL,
  `checksum` char(64) NOT NULL,
  `statements_begun` int(10) unsigned NOT NULL,
  `statements_applied` int(10) unsigned NOT NULL,
  `finished_at` datetime DEFAULT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin;
INSERT INTO `schema_migrations` VALUES (1, '0001-create-cars', 1, '78767c6a711677e7a1e49f018fcd7eee942ff195f8eeaba37388a74ae35bcca8', 1, 1, '2026-11-25 21:09:06');
INSERT INTO `schema_migrations` VALUES (2, '0002-create-idempotency-keys', 1, '101253471941e13005c88a52e774faa408224ecc2843da298f326e32c92a24c1', 1, 1, '2026-11-25 21:09:06');
INSERT INTO `schema_migrations` VALUES (3, '0003-cover-lists-by-brand-and-year', 1, '5b3b53c819ca772ca9e709f04629011cc4d18d49e83ea360f9f2f21e6fe8c332', 1, 1, '2026-11-25 21:09:06');
INSERT INTO `schema_migrations` VALUES (4, '0004-create-api-keys', 1, '525936601a1c5b3935e645a1b03032d84636977b9973b63e5d989c9fe3ca4741', 1, 1, '2026-11-25 21:09:06');
INSERT INTO `schema_migrations` VALUES (5, '0005-create-car-changes', 1, '4068049c0423ef9ef92e3006a45f6208f23068bc087d5a24a504ec77c36bde5b', 1, 1, '2026-11-25 21:09:06');
