require ["replace", "variables"];
replace "doomed";
set "from" "nobody";
replace :from "${from}" "doomed too";
