-- merge_check_here.sql - once each text of another database has the hash that it says: which one here has not.
SELECT 'config ' || substr(m.hash, 1, 12) FROM source.config AS s JOIN main.config AS m USING (hash)
WHERE s.json IS NOT m.json
UNION ALL
SELECT 'spec ' || substr(m.sha256, 1, 12) FROM source.spec_revision AS s
JOIN main.spec_revision AS m USING (sha256) WHERE s.text IS NOT m.text
LIMIT 1;
