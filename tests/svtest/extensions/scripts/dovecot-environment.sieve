require ["vnd.dovecot.environment", "variables"]; if environment "host" "${env.host}" { keep; }
