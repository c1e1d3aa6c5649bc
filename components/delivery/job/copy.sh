# The files of one service, each with a witness: the last statement of a file notes on the table of
# versions that the file was done. PostgreSQL runs a file as one transaction, so the note is there
# exactly when the file's changes are, whoever was killed in between. A statement that refuses to run
# in a transaction cannot have one; an index built CONCURRENTLY is its own witness.
set -eu
for file in "$SOURCE"/*.sql; do
  name=${file##*/}
  cat "$file" > "$FILES/$name"
  [ "$WITNESS" = yes ] || continue
  if grep -qiE 'concurrently|vacuum|alter +system' "$file"; then continue; fi
  number=$(echo "${name%%_*}" | sed 's/^0*//')
  case $name in *.down.sql) way=down ;; *) way=up ;; esac
  printf "\n;comment on table %s is '%s %s';\n" "$TABLE" "$number" "$way" >> "$FILES/$name"
done
