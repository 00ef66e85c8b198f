namespace Gateway.Calls.Lifecycle;

/// <summary>How far an agent of a live call has come with asking somebody before handing it over.</summary>
public enum ConsultationState
{
    /// <summary>The agent asks nobody.</summary>
    None,

    /// <summary>The target is looked for, or rings.</summary>
    Ringing,

    /// <summary>Agent and target hear each other.</summary>
    Answered,
}
