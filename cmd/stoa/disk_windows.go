package main

import "golang.org/x/sys/windows"

// freeBytes returns the room that is left for us where path lies.
func freeBytes(path string) (free uint64, err error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return free, windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
}
