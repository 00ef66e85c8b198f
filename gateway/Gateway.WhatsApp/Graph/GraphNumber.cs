namespace Gateway.WhatsApp.Graph;

/// <summary>A bearer token. It prints as stars, so that no log, record or exception can contain it.</summary>
public sealed class GraphToken(string value)
{
    internal string Value { get; } = value;

    public override string ToString() => "***";
}

/// <summary>A business number as the Graph API knows it, with the token that may act for it.</summary>
public sealed record GraphNumber(string PhoneNumberId, GraphToken Token)
{
    public override string ToString() => PhoneNumberId;
}
