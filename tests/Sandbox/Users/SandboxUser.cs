namespace Sandbox.Users;

/// <summary>The automatic reaction of a user's phone to a call by the business.</summary>
public enum AutoMode
{
    /// <summary>Rings until the control API or the phone page decides.</summary>
    Manual,
    Answer,
    Decline,

    /// <summary>Connected to the network, but never rings: for example switched to another device.</summary>
    Silent,

    /// <summary>Cannot be called at all: 138001.</summary>
    Uncallable,
}

/// <summary>A user's reaction to a permission request.</summary>
public enum PermissionMode
{
    Ignore,
    Accept,
    AcceptPermanently,
    Reject,
}

/// <summary>A person on the emulated WhatsApp.</summary>
public sealed class SandboxUser(string phone)
{
    /// <summary>Digits with country code.</summary>
    public string Phone { get; } = phone;

    /// <summary>The business-scoped id, made from the number so that tests can predict it.</summary>
    public string UserId { get; } = "US.77" + phone;

    public string ParentUserId { get; } = "US.ENT.88" + phone;

    public string Name { get; set; } = "User " + phone[^4..];

    public string UserName { get; set; } = "user." + phone[^4..];

    /// <summary>Webhooks name this user by business-scoped id only.</summary>
    public bool HidesPhone { get; set; }

    public AutoMode Auto { get; set; }

    public PermissionMode Permission { get; set; }

    /// <summary>Handset of calls that reach this user; null is the sandbox's default.</summary>
    public string? Handset { get; set; }
}
