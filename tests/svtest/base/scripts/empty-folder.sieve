require ["fileinto", "variables"];
fileinto "${unset}";
