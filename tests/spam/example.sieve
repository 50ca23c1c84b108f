# (capability checks off, so no require)  Tag mail whose display name carries an
# address of another organisation, and list distinct executable attachments.
let "shown"  "tokenize(to_lowercase(header.from.name), 'email')";
let "org"    "domain_part(email_part(to_lowercase(header.from.addr), 'domain'), 'sld')";
let "i"      "count(shown)";
while "i > 0" {
  let "i" "i - 1";
  if eval "domain_part(email_part(shown[i], 'domain'), 'sld') != org" {
    let "t.NAME_ADDR_MISMATCH" "1";
    break;
  }
}
let "bad" "[]";
foreverypart {
  if eval "is_attachment()" {
    let "ext" "to_lowercase(rsplit_once(attachment_name(), '.')[1])";
    if eval "contains(['exe','scr','js'], ext)" { let "bad" "dedup(bad + ext)"; }
  }
}
if eval "!is_empty(bad)" {
  eval "add_header('X-Blocked-Types', '' + bad[0] + ' (' + count(bad) + ')')";
  if eval "!t.NAME_ADDR_MISMATCH" { stop; }
  reject "554 5.7.1 Attachment type not accepted.";
}
