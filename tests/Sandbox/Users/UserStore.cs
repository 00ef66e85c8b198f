using System.Collections.Concurrent;

namespace Sandbox.Users;

/// <summary>All users, found by phone number or by business-scoped id.</summary>
public sealed class UserStore
{
    private const int MaxUsers = 100_000;

    private readonly ConcurrentDictionary<string, SandboxUser> _byPhone = new();
    private readonly ConcurrentDictionary<string, SandboxUser> _byId = new();

    public IEnumerable<SandboxUser> All => _byPhone.Values;

    public SandboxUser GetOrAdd(string phone)
    {
        if (_byPhone.Count >= MaxUsers && !_byPhone.ContainsKey(phone))
            throw new InvalidOperationException("The sandbox has reached its limit of users.");
        var user = _byPhone.GetOrAdd(phone, digits => new SandboxUser(digits));
        _byId[user.UserId] = user;
        return user;
    }

    /// <summary>By phone digits (a leading "+" is dropped) or by business-scoped id.</summary>
    public SandboxUser? Find(string? handle) => handle is null ? null
        : _byPhone.GetValueOrDefault(handle.TrimStart('+')) ?? _byId.GetValueOrDefault(handle);

    public static bool IsPhone(string? text) => text is { Length: >= 6 and <= 15 } && text.All(char.IsAsciiDigit) && text[0] != '0';
}
