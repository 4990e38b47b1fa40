package notify

// actionRecovery is the mail with which a forgotten password is set anew. It is no notification: nothing of it is kept.
const actionRecovery = "recovery"
