require "mime";
if header :anychild "subject" "x" { keep; }
if header :type "content-type" "x" { keep; }
if header :mime :type :subtype "content-type" "x" { keep; }
if address :mime :param "x" "from" "x" { keep; }
if exists :mime :contenttype "from" { keep; }
if header :mime :param { keep; }
