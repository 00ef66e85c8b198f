namespace Gateway.WhatsApp.Graph;

/// <summary>The condition under which the client itself may repeat a failed attempt.</summary>
internal enum Repeat
{
    /// <summary>Only when the attempt certainly did not reach Meta, or Meta refused it by throttling.</summary>
    IfNotReceived,

    /// <summary>Also after a lost answer or a server fault: doing it twice does no harm.</summary>
    IfFailed,
}

/// <summary>One kind of Graph request: its label, its deadline, and whether it may be repeated or held back.</summary>
/// <param name="Label">Metric label.</param>
/// <param name="Deadline">The timeout of all attempts together.</param>
/// <param name="Repeat">See <see cref="Graph.Repeat"/>.</param>
/// <param name="Urgent">True where a user is waiting on the line: sent even while Meta asks for a pause on the number.</param>
internal readonly record struct GraphAction(string Label, TimeSpan Deadline, Repeat Repeat, bool Urgent);
