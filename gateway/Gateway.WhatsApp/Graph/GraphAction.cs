namespace Gateway.WhatsApp.Graph;

/// <summary>When a failed attempt may be repeated by the client itself.</summary>
internal enum Repeat
{
    /// <summary>Only when the attempt surely did not reach Meta, or Meta refused it by throttling.</summary>
    IfNotReceived,

    /// <summary>Also after a lost answer or a server fault: doing it twice does no harm.</summary>
    IfFailed,
}

/// <summary>One kind of Graph request: its label, its deadline, and whether it may be repeated or held back.</summary>
/// <param name="Label">Metric label.</param>
/// <param name="Deadline">All attempts together.</param>
/// <param name="Repeat">See <see cref="Graph.Repeat"/>.</param>
/// <param name="Urgent">A user is waiting on the line: sent even while Meta asks the number to wait.</param>
internal readonly record struct GraphAction(string Label, TimeSpan Deadline, Repeat Repeat, bool Urgent);
