namespace Gateway.Calls;

/// <summary>The gateway's own id of one call attempt, in either direction: lower-case hexadecimal, 32 digits, unique.</summary>
public readonly record struct CallId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>
/// Meta's id of a call (`wacid.…`), opaque, at most about 150 characters. Known from the first webhook of an inbound call and from the
/// answer to the connect action of an outbound one (Meta: Calling API, "Reference").
/// </summary>
public readonly record struct WhatsAppCallId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A WhatsApp business number, by Meta's `phone_number_id`: one channel of the gateway.</summary>
public readonly record struct ChannelId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>
/// An agent's name in the store, chosen by the admin: lower-case letters, digits, `-`, `_` and `.`, at most 64 characters
/// (<see cref="Gateway.Calls.Agents.NameRules"/>). Groups, flows and audio files are named in the same way.
/// </summary>
public readonly record struct AgentId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A group of agents, by its name.</summary>
public readonly record struct GroupId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>A call flow, by its name.</summary>
public readonly record struct FlowId(string Value)
{
    public override string ToString() => Value;
}

/// <summary>The side that began the call: <see cref="Inbound"/>, the WhatsApp user; <see cref="Outbound"/>, the business.</summary>
public enum CallDirection
{
    Inbound,
    Outbound,
}
