using System.Collections.Concurrent;
using Sandbox.Handsets;
using Sandbox.Users;

namespace Sandbox.Phone;

/// <summary>The users with an open phone page. The newest page of a user rings.</summary>
public sealed class PhoneHub(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, PhoneConnection> _pages = new();

    public bool IsOpen(SandboxUser user) => _pages.ContainsKey(user.Phone);

    public void Open(SandboxUser user, PhoneConnection page) => _pages[user.Phone] = page;

    public void Close(SandboxUser user, PhoneConnection page)
    {
        _pages.TryRemove(KeyValuePair.Create(user.Phone, page));
        page.Close();
    }

    /// <exception cref="HandsetException">The user has no page open.</exception>
    public BrowserHandset Handset(SandboxUser user)
    {
        if (!_pages.TryGetValue(user.Phone, out var page))
            throw new HandsetException($"No phone page is open for {user.Phone}.");
        var handset = new BrowserHandset(page, time);
        page.Handsets[handset.Id] = handset;
        return handset;
    }
}
