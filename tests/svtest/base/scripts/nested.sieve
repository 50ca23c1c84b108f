# fifteen blocks, and fifteen tests in each other
if true {
    if true {
        if true {
            if true {
                if true {
                    if true {
                        if true {
                            if true {
                                if true {
                                    if true {
                                        if true {
                                            if true {
                                                if true {
                                                    if true {
                                                        if true {
                                                            if not anyof (false, not anyof (false, not anyof (false, not anyof (false, not anyof (false, not anyof (false, not anyof (false, not true))))))) { discard; } else { keep; }
                                                        }
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
